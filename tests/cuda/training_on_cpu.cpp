#include "sdmae/backend/eigen.hpp"
#include "training_run.hpp"

cuda_tests::run_result cuda_tests::train_on_cpu(int steps) {
  sdmae::eigen_backend<float> cpu({.threads = 1});
  return train(cpu, steps);
}
