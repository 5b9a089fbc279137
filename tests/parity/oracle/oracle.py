"""PyTorch oracle: SD-MAE (released behaviour and its policies) and He et al.'s MAE.

It is written for reading and for comparing, not for speed. Parameters carry the released names, so a state_dict is
a checkpoint. Everything runs in the dtype the model was cast to; golden data is made in float64 (see golden.py).
"""
from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.nn import functional as F

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Vit:
    """One transformer: width D, number of blocks, heads; the MLP is mlp_ratio times as wide."""
    width: int
    depth: int
    heads: int
    mlp_ratio: int = 4
    layer_scale: float = 0.0  # 0: none; otherwise the initial gamma


@dataclass(frozen=True)
class Config:
    height: int
    width: int
    patch: int
    encoder: Vit
    decoder: Vit
    channels: int = 3
    mask_ratio: float = 0.6
    # projection heads: hidden width, bottleneck width, prototypes K
    hidden: int = 2048
    bottleneck: int = 256
    prototypes: int = 4096
    # loss
    distill_weight: float = 0.2          # lambda
    student_temperature: float = 0.1
    teacher_temperature: float = 0.04
    center_momentum: float = 0.9
    teacher_gradient: str = "flow"       # flow (released) | stop
    center_from: str = "probabilities"   # probabilities (released) | logits (DINO) | none
    target: str = "patch_channel"        # patch_channel (released) | patch (He et al.) | unit ([0,1] pixels) | input (as given)

    @property
    def grid(self) -> tuple[int, int]:
        return self.height // self.patch, self.width // self.patch

    @property
    def patches(self) -> int:
        return self.grid[0] * self.grid[1]

    @property
    def masked(self) -> int:
        return int(self.mask_ratio * self.patches)


def sinusoid_1d(n: int, d: int) -> torch.Tensor:
    """[n, d] float64: even columns sine, odd columns cosine of i / 10000^(2 floor(j/2) / d)."""
    i = torch.arange(n, dtype=torch.float64)[:, None]
    j = torch.arange(d, dtype=torch.float64)[None, :]
    angle = i / torch.pow(torch.tensor(10000.0, dtype=torch.float64), 2 * torch.floor(j / 2) / d)
    return torch.where(j % 2 == 0, torch.sin(angle), torch.cos(angle))


def sincos_2d(gh: int, gw: int, d: int) -> torch.Tensor:
    """[gh*gw, d] float64, row-major patches, columns [sin x | cos x | sin y | cos y], each d/4 wide."""
    omega = 1.0 / 10000 ** (torch.arange(d // 4, dtype=torch.float64) / (d / 4.0))
    y, x = torch.meshgrid(torch.arange(gh, dtype=torch.float64), torch.arange(gw, dtype=torch.float64), indexing="ij")
    ax, ay = x.reshape(-1, 1) * omega, y.reshape(-1, 1) * omega
    return torch.cat([ax.sin(), ax.cos(), ay.sin(), ay.cos()], 1)


def patches_of(images: torch.Tensor, p: int) -> torch.Tensor:
    """[B, C, H, W] -> [B, N, p*p, C], patches row major, pixels (py, px)."""
    b, c, h, w = images.shape
    x = images.reshape(b, c, h // p, p, w // p, p)
    return x.permute(0, 2, 4, 3, 5, 1).reshape(b, (h // p) * (w // p), p * p, c)


def reconstruction_target(images: torch.Tensor, p: int, kind: str) -> torch.Tensor:
    """[B, N, p*p*C] targets of ImageNet-normalised images, by policy."""
    if kind in ("patch", "input"):  # He et al.: of the normalised image; statistics over all pixels and channels of a patch
        x = patches_of(images, p).flatten(2)
        return x if kind == "input" else (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True, unbiased=True) + 1e-6).sqrt()
    mean = torch.tensor(IMAGENET_MEAN, dtype=images.dtype, device=images.device)[None, :, None, None]
    std = torch.tensor(IMAGENET_STD, dtype=images.dtype, device=images.device)[None, :, None, None]
    x = patches_of(images * std + mean, p)
    if kind == "patch_channel":
        x = (x - x.mean(-2, keepdim=True)) / (x.var(-2, keepdim=True, unbiased=True).sqrt() + 1e-6)
    return x.flatten(2)


class Attention(nn.Module):
    def __init__(self, d: int, heads: int, full_bias: bool):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(d, 3 * d, bias=full_bias)
        if not full_bias:  # released SD-MAE: keys have no bias
            self.q_bias = nn.Parameter(torch.zeros(d))
            self.v_bias = nn.Parameter(torch.zeros(d))
        self.proj = nn.Linear(d, d)

    def forward(self, x):
        b, n, d = x.shape
        bias = self.qkv.bias
        if bias is None:
            bias = torch.cat([self.q_bias, torch.zeros_like(self.q_bias), self.v_bias])
        q, k, v = F.linear(x, self.qkv.weight, bias).reshape(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        scores = (q * (d // self.heads) ** -0.5) @ k.transpose(-2, -1)
        return self.proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, n, d))


class Mlp(nn.Module):
    def __init__(self, d: int, hidden: int):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(d, hidden), nn.Linear(hidden, d)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, v: Vit, full_bias: bool):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(v.width, eps=1e-6), nn.LayerNorm(v.width, eps=1e-6)
        self.attn = Attention(v.width, v.heads, full_bias)
        self.mlp = Mlp(v.width, v.mlp_ratio * v.width)
        if v.layer_scale > 0:
            self.gamma_1 = nn.Parameter(v.layer_scale * torch.ones(v.width))
            self.gamma_2 = nn.Parameter(v.layer_scale * torch.ones(v.width))
        self.scaled = v.layer_scale > 0

    def forward(self, x):
        g1, g2 = (self.gamma_1, self.gamma_2) if self.scaled else (1, 1)
        x = x + g1 * self.attn(self.norm1(x))
        return x + g2 * self.mlp(self.norm2(x))


class WeightNormLinear(nn.Module):
    """y = x @ (g v/|v|)^T, one norm per output row; g is 1 and frozen."""

    def __init__(self, n_in: int, n_out: int):
        super().__init__()
        self.weight_g = nn.Parameter(torch.ones(n_out, 1), requires_grad=False)
        self.weight_v = nn.Parameter(torch.empty(n_out, n_in).uniform_(-n_in ** -0.5, n_in ** -0.5))

    def forward(self, x):
        return F.linear(x, self.weight_g * self.weight_v / self.weight_v.norm(dim=1, keepdim=True))


class ProjectionHead(nn.Module):
    def __init__(self, n_in: int, hidden: int, bottleneck: int, prototypes: int):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(n_in, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU(),
                                 nn.Linear(hidden, bottleneck))
        self.last_layer = WeightNormLinear(bottleneck, prototypes)

    def forward(self, x):  # [B, V, n_in] -> [B, K], mean over tokens
        return self.last_layer(F.normalize(self.mlp(x), dim=-1, p=2, eps=1e-12)).mean(1)


class PatchEmbed(nn.Module):
    def __init__(self, c: int, p: int, d: int):
        super().__init__()
        self.proj = nn.Conv2d(c, d, p, p)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class Encoder(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.patch_embed = PatchEmbed(c.channels, c.patch, c.encoder.width)
        self.blocks = nn.ModuleList(Block(c.encoder, full_bias=False) for _ in range(c.encoder.depth))
        self.norm = nn.LayerNorm(c.encoder.width, eps=1e-6)


class Decoder(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.blocks = nn.ModuleList(Block(c.decoder, full_bias=False) for _ in range(c.decoder.depth))
        self.norm = nn.LayerNorm(c.decoder.width, eps=1e-6)
        self.head = nn.Linear(c.decoder.width, c.channels * c.patch ** 2)


class SdMae(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.c = c
        self.encoder, self.decoder = Encoder(c), Decoder(c)
        self.encoder_to_decoder = nn.Linear(c.encoder.width, c.decoder.width, bias=False)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, c.decoder.width))
        self.encoder_proj_head = ProjectionHead(c.encoder.width, c.hidden, c.bottleneck, c.prototypes)
        self.decoder_proh_head = ProjectionHead(c.decoder.width, c.hidden, c.bottleneck, c.prototypes)
        self.initialise()

    def initialise(self):
        for root in (self.encoder, self.decoder):
            for m in root.modules():
                if isinstance(m, nn.Linear):
                    nn.init.xavier_uniform_(m.weight)
                    if m.bias is not None:
                        nn.init.zeros_(m.bias)
        for head in (self.encoder_proj_head, self.decoder_proh_head):
            for m in head.mlp:
                if isinstance(m, nn.Linear):
                    nn.init.trunc_normal_(m.weight, std=.02, a=-.02, b=.02)
                    nn.init.zeros_(m.bias)
        nn.init.trunc_normal_(self.mask_token, std=.02, a=-.02, b=.02)

    def encode(self, images, visible):
        """images [B,C,H,W], visible: bool [B,N] -> [B,V,D]"""
        b, d = images.shape[0], self.c.encoder.width
        x = self.encoder.patch_embed(images) + sinusoid_1d(self.c.patches, d).to(images)
        x = x[visible].reshape(b, -1, d)
        for block in self.encoder.blocks:
            x = block(x)
        return self.encoder.norm(x)

    def forward(self, images, mask):
        """images [B,C,H,W], mask: bool [B,N], true = masked -> pixels [B,M,p*p*C], student [B,K], teacher [B,K]"""
        b, n_masked = images.shape[0], int(mask[0].sum())
        e = self.encode(images, ~mask)
        pos = sinusoid_1d(self.c.patches, self.c.decoder.width).to(images).expand(b, -1, -1)
        d = self.encoder_to_decoder(e)
        x = torch.cat([d + pos[~mask].reshape(b, -1, d.shape[-1]),
                       self.mask_token + pos[mask].reshape(b, n_masked, d.shape[-1])], 1)
        for block in self.decoder.blocks:
            x = block(x)
        x = self.decoder.norm(x)
        visible = x[:, : x.shape[1] - n_masked]
        return self.decoder.head(x[:, x.shape[1] - n_masked:]), self.encoder_proj_head(e), self.decoder_proh_head(visible)


class SdMaeLoss(nn.Module):
    """total = lambda * distillation + (1 - lambda) * reconstruction; keeps the centre, updated after each call."""

    def __init__(self, c: Config):
        super().__init__()
        self.c = c
        self.register_buffer("center", torch.zeros(1, c.prototypes))

    def forward(self, images, mask, pixels, student, teacher, teacher_temperature=None):
        c, b = self.c, images.shape[0]
        target = reconstruction_target(images, c.patch, c.target)[mask].reshape(pixels.shape)
        rec = F.mse_loss(pixels, target)
        t = teacher.detach() if c.teacher_gradient == "stop" else teacher
        q = ((t - self.center) / (teacher_temperature or c.teacher_temperature)).softmax(-1)
        dist = -(q * (student / c.student_temperature).log_softmax(-1)).sum(-1).mean()
        with torch.no_grad():
            if c.center_from != "none":
                batch = (q if c.center_from == "probabilities" else teacher).mean(0, keepdim=True)
                self.center = c.center_momentum * self.center + (1 - c.center_momentum) * batch
        entropy = -(q * q.clamp_min(1e-300).log()).sum(-1).mean()
        total = c.distill_weight * dist + (1 - c.distill_weight) * rec
        return total, rec, dist, entropy


class Mae(nn.Module):
    """He et al.'s MAE under facebookresearch/mae's names; the loss is part of the model."""

    def __init__(self, c: Config):
        super().__init__()
        self.c = c
        e, d, gh, gw = c.encoder, c.decoder, *c.grid
        self.patch_embed = PatchEmbed(c.channels, c.patch, e.width)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, e.width))
        self.pos_embed = nn.Parameter(F.pad(sincos_2d(gh, gw, e.width), (0, 0, 1, 0))[None].float(), requires_grad=False)
        self.blocks = nn.ModuleList(Block(e, full_bias=True) for _ in range(e.depth))
        self.norm = nn.LayerNorm(e.width, eps=1e-6)
        self.decoder_embed = nn.Linear(e.width, d.width)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, d.width))
        self.decoder_pos_embed = nn.Parameter(F.pad(sincos_2d(gh, gw, d.width), (0, 0, 1, 0))[None].float(),
                                              requires_grad=False)
        self.decoder_blocks = nn.ModuleList(Block(d, full_bias=True) for _ in range(d.depth))
        self.decoder_norm = nn.LayerNorm(d.width, eps=1e-6)
        self.decoder_pred = nn.Linear(d.width, c.channels * c.patch ** 2)
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.xavier_uniform_(m.weight)
                nn.init.zeros_(m.bias)
        nn.init.xavier_uniform_(self.patch_embed.proj.weight.data.flatten(1))
        nn.init.normal_(self.cls_token, std=.02)
        nn.init.normal_(self.mask_token, std=.02)

    def forward(self, images, shuffle):
        """images [B,C,H,W], shuffle: int64 [B,N], a permutation whose first `kept` entries stay, in that order."""
        c, b, n = self.c, images.shape[0], self.c.patches
        kept = int(n * (1 - c.mask_ratio))
        keep = shuffle[:, :kept, None]
        restore = shuffle.argsort(1)
        x = self.patch_embed(images) + self.pos_embed[:, 1:]
        x = x.gather(1, keep.expand(-1, -1, x.shape[-1]))
        x = torch.cat([(self.cls_token + self.pos_embed[:, :1]).expand(b, -1, -1), x], 1)
        for block in self.blocks:
            x = block(x)
        latent = self.norm(x)
        y = self.decoder_embed(latent)
        rest = torch.cat([y[:, 1:], self.mask_token.expand(b, n - kept, -1)], 1)
        rest = rest.gather(1, restore[..., None].expand(-1, -1, y.shape[-1]))
        y = torch.cat([y[:, :1], rest], 1) + self.decoder_pos_embed
        for block in self.decoder_blocks:
            y = block(y)
        pixels = self.decoder_pred(self.decoder_norm(y))[:, 1:]
        mask = torch.ones(b, n, dtype=images.dtype).scatter(1, shuffle[:, :kept], 0.0)
        target = reconstruction_target(images, c.patch, c.target)
        loss = (((pixels - target) ** 2).mean(-1) * mask).sum() / mask.sum()
        return loss, pixels, mask, latent


def adamw(model: nn.Module, lr: float, betas=None, weight_decay=0.05):
    """AdamW with no decay on 1-D parameters and biases; SD-MAE's recipe also spares its tokens, He et al.'s does not."""
    released = isinstance(model, SdMae)
    spared = ("pos_embed", "cls_token", "mask_token") if released else ()
    plain, decayed = [], []
    for name, p in model.named_parameters():
        if p.requires_grad:
            (plain if p.ndim == 1 or name.endswith(".bias") or name in spared else decayed).append(p)
    return torch.optim.AdamW([{"params": plain, "weight_decay": 0.0}, {"params": decayed, "weight_decay": weight_decay}],
                             lr=lr, betas=betas or ((0.9, 0.999) if released else (0.9, 0.95)), eps=1e-8)


PRESETS = {
    "pretrain_mae_tiny_patch16_224": Config(224, 224, 16, Vit(192, 12, 3), Vit(192, 2, 2)),
    "pretrain_mae_small_patch16_224": Config(224, 224, 16, Vit(384, 12, 6), Vit(192, 4, 3)),
    "pretrain_mae_smallEx_patch16_224": Config(224, 224, 16, Vit(384, 12, 6), Vit(192, 8, 3)),
    "pretrain_mae_small_patch8_96": Config(96, 96, 8, Vit(384, 12, 6), Vit(192, 4, 3)),
    "mae_vit_base_patch16": Config(224, 224, 16, Vit(768, 12, 12), Vit(512, 8, 16), mask_ratio=0.75, target="patch"),
}
