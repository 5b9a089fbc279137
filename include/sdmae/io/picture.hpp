// Pictures for people: line charts and sheets of images. Needs the component sdmae::picture (cairo).
#pragma once

#include "sdmae/io/chart.hpp"
#include "sdmae/io/contact_sheet.hpp"
