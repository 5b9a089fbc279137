// Pictures for people: line and bar charts, and sheets of images. Needs the component sdmae::picture (cairo).
#pragma once

#include "sdmae/io/bar_chart.hpp"
#include "sdmae/io/chart.hpp"
#include "sdmae/io/contact_sheet.hpp"
#include "sdmae/io/tile_overlay.hpp"
