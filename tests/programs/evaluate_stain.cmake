# Tiles of normalised stain: a model is judged on what it was trained on, unless asked otherwise.
include(${CMAKE_CURRENT_LIST_DIR}/harness.cmake)
trained()
tool(edit run/checkpoint.safetensors normal.safetensors metadata sdmae.normalised_stain 2)
tool(images tiles 32 64)
file(REMOVE_RECURSE ${SCRATCH}/tiles/odd)
data_tool(glass tiles/glass 16 64)

judged(plain normalised_stain OFF --checkpoint run/checkpoint.safetensors)
judged(asked normalised_stain ON --checkpoint run/checkpoint.safetensors --normalise-stain yes)
judged(normal normalised_stain_version 2 --checkpoint normal.safetensors)
judged(refused normalised_stain OFF --checkpoint normal.safetensors --normalise-stain no)
judged(slide normalised_stain_by slide --checkpoint normal.safetensors --normalise-stain slide
  --groups "^(.)")
measured_first()
judged(alone normalised_stain_by slide --checkpoint normal.safetensors --normalise-stain slide --groups "^(.*)$")
judged(by_tile normalised_stain_by tile --checkpoint normal.safetensors --groups "^(.*)$")
same(alone.csv by_tile.csv) # a slide of one tile is that tile
differ(slide.csv asked.csv)
differ(plain.csv asked.csv)
same(normal.csv asked.csv)
same(refused.csv plain.csv)
refuses_later(1 "tiles: does not say which slide|--groups" --checkpoint normal.safetensors --train tiles --test tiles
  --normalise-stain slide)
refuses(2 "--normalise-stain" --checkpoint normal.safetensors --train tiles --test tiles --normalise-stain maybe)
