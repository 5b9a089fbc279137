"""The library's random numbers (core/random.hpp), so that Python computes on the cases that the tests draw."""
import math


def philox(counter, key):
    for _ in range(10):
        low, high = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [(high >> 32) ^ counter[1] ^ key[0], high & 0xFFFFFFFF,
                   (low >> 32) ^ counter[3] ^ key[1], low & 0xFFFFFFFF]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return counter


class Sequence:
    """random_sequence(seed, stream::test, epoch, sample)"""

    def __init__(self, seed, epoch=0, sample=0):
        self.key, self.counter, self.block = [seed & 0xFFFFFFFF, seed >> 32], [0, sample, epoch, 6], []

    def bits(self):
        if not self.block:
            self.block = philox(self.counter, self.key)
            self.counter = [self.counter[0] + 1] + self.counter[1:]
        return self.block.pop(0)

    def uniform(self):
        high = self.bits() >> 5
        return (high * 67108864 + (self.bits() >> 6)) / 9007199254740992.0

    def normal(self):
        radius = math.sqrt(-2.0 * math.log(1.0 - self.uniform()))
        return radius * math.cos(6.283185307179586476925 * self.uniform())
