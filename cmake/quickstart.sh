#!/bin/sh
# From a fresh clone on a fresh machine:
#   sh cmake/quickstart.sh        installs what is missing, builds, pre-trains a small SD-MAE on tissue that it generates
#   sh cmake/quickstart.sh test   installs what is missing, builds and runs every test
#   sh cmake/quickstart.sh deps   only installs what is missing
# A second run installs nothing.
set -eu
cd "$(dirname "$0")/.."

libraries="libeigen3-dev libxtensor-dev catch2 libbenchmark-dev libcli11-dev nlohmann-json3-dev
  libturbojpeg0-dev libpng-dev libtiff-dev libcairo2-dev libhdf5-dev libopenslide-dev"

say() { printf '\n== %s\n' "$*"; }
stop() { printf 'quickstart: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

other_systems() {
  cat >&2 <<'LIST'
quickstart: this system has no apt-get, so the packages have to be installed by hand; one of
  dnf install gcc-c++ cmake ninja-build eigen3-devel xtensor-devel catch-devel google-benchmark-devel cli11-devel \
      json-devel turbojpeg-devel libpng-devel libtiff-devel cairo-devel hdf5-devel openslide-devel
  brew install cmake ninja eigen xtensor catch2 google-benchmark cli11 nlohmann-json jpeg-turbo libpng libtiff \
      cairo hdf5 openslide
  conda install -c conda-forge cxx-compiler cmake ninja eigen xtensor catch2 benchmark cli11 nlohmann_json \
      libjpeg-turbo libpng libtiff cairo hdf5 openslide
Then run this again with SDMAE_DEPENDENCIES=installed in the environment.
LIST
  exit 1
}

# What of our list is not here yet. Tools count wherever they come from, libraries as Debian packages.
missing_packages() {
  have "${CXX:-c++}" || echo g++
  have cmake || echo cmake
  have make || echo make  # what cmake takes by itself, and so what the README's other commands take
  have ninja || echo ninja-build
  for package in $libraries; do
    state=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
    [ "$state" = "install ok installed" ] || echo "$package"
  done
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"
  elif have sudo; then sudo "$@"
  else stop "installing needs root, and there is no sudo here; as root, run: sh cmake/quickstart.sh deps"
  fi
}

install_dependencies() {
  [ "${SDMAE_DEPENDENCIES:-}" != installed ] || return 0
  have apt-get || other_systems
  missing=$(missing_packages | tr '\n' ' ')
  [ -n "$missing" ] || { say "Every dependency is installed"; return 0; }
  say "Installing: $missing"
  log=$(mktemp)
  as_root apt-get update -qq >"$log" 2>&1 || { cat "$log" >&2; stop "apt-get update failed; see above"; }
  # shellcheck disable=SC2086  # the list is meant to be split
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >"$log" 2>&1 ||
    { cat "$log" >&2; stop "apt-get install failed; see above"; }
  rm -f "$log"
}

prepare_build() {
  # Ninja where there is one; a folder that was configured with another generator keeps its own.
  if have ninja; then CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}; export CMAKE_GENERATOR; fi
  cores=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
  export CMAKE_BUILD_PARALLEL_LEVEL="${CMAKE_BUILD_PARALLEL_LEVEL:-$cores}"
  export CTEST_PARALLEL_LEVEL="${CTEST_PARALLEL_LEVEL:-$cores}"
  say "Building with $CMAKE_BUILD_PARALLEL_LEVEL jobs"
}

case ${1:-} in
  deps)
    install_dependencies
    ;;
  test)
    install_dependencies
    prepare_build
    cmake --workflow --preset test
    ;;
  "")
    install_dependencies
    prepare_build
    # A build that is there keeps the model presets that were added to it.
    if [ -e build/quickstart/CMakeCache.txt ]; then cmake build/quickstart; else cmake --preset quickstart; fi
    cmake --build --preset quickstart
    say "Pre-training on generated tissue"
    resume=; [ ! -e runs/quickstart/checkpoint.safetensors ] || resume=--resume  # a second run goes on from the first
    build/quickstart/examples/pretrain --preset quickstart --data synthetic --out runs/quickstart $resume
    say "Done. Look at
   runs/quickstart/curve.png           the losses, step by step
   runs/quickstart/reconstruction.png  tissue, what the model saw of it, and what it filled in"
    ;;
  *)
    echo "usage: sh cmake/quickstart.sh [test | deps]" >&2
    exit 2
    ;;
esac
