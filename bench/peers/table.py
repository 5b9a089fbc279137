"""Reads "name<TAB>JSON" lines and prints a Markdown table: the least seconds of each, and how many times sdmae's they are."""
import json
import sys

path, preset, batch, threads = sys.argv[1:]
least, memory, peak = {}, {}, {}
for line in open(path):
    name, data = line.rstrip("\n").split("\t")
    data = json.loads(data)
    least[name] = min(least.get(name, 1e9), data["min_s"])
    memory[name] = max(memory.get(name, 0), data["peak_rss_mib"])
    if "percent_of_peak" in data:
        peak[name] = max(peak.get(name, 0), data["percent_of_peak"])

print(f"\n{preset}, batch {batch}, {threads} threads\n")
print("| | seconds | sdmae is faster by | peak memory (MiB) | of the FMA peak |\n|---|---|---|---|---|")
for name, seconds in least.items():
    ours = least.get(name.split(",")[0] + ", sdmae")
    ratio = f"{seconds / ours:.2f} ×" if ours and not name.endswith("sdmae") else ""
    share = f"{peak[name]:.0f} %" if name in peak else ""
    print(f"| {name} | {seconds:.3g} | {ratio} | {memory[name]} | {share} |")
