// Principal components: the directions in which features spread most, for maps and colors.
#pragma once

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "sdmae/eval/features.hpp"

namespace sdmae::eval {

/// With C = Xᵀ X/(n − 1) the covariance of centered rows, directions(k, ·) is the eigenvector of the k-th largest
/// eigenvalue, of unit length and with its largest entry positive, so that equal features give equal pictures.
struct principal_components {
  Eigen::VectorXd mean;        // [width]
  double_matrix directions;    // [count, width]
  Eigen::VectorXd variances;   // [count], the eigenvalues, largest first
  double variance_of_all = 0;  // the sum of all eigenvalues

  /// Coordinates of rows along the directions, [rows, count].
  double_matrix project(const feature_matrix& rows) const {
    return (rows.cast<double>().rowwise() - mean.transpose()) * directions.transpose();
  }
};

/// Throws sdmae::error for fewer than two rows, for numbers that are not finite, or when there are not so many
/// directions.
inline principal_components find_principal_components(const feature_matrix& rows, index count) {
  if (rows.rows() < 2 || count < 1 || count > rows.cols())
    throw error("principal components",
                std::to_string(count) + " of " + std::to_string(rows.rows()) + " rows of " +
                    std::to_string(rows.cols()) + " features",
                "give at least two rows, and ask for no more than there are features");
  if (!rows.allFinite()) throw error("principal components", "a feature is not finite", "check the checkpoint");
  principal_components found;
  found.mean = rows.cast<double>().colwise().mean();
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(rows.cols(), rows.cols());
  constexpr index together = 4096;  // rows in double at a time
  for (index first = 0; first < rows.rows(); first += together) {
    const index some = std::min(together, rows.rows() - first);
    const Eigen::MatrixXd x = rows.middleRows(first, some).cast<double>().rowwise() - found.mean.transpose();
    covariance += x.transpose() * x;
  }
  covariance /= double(rows.rows() - 1);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);
  found.variances = solver.eigenvalues().reverse().head(count).cwiseMax(0);
  found.variance_of_all = covariance.trace();
  found.directions = solver.eigenvectors().rowwise().reverse().leftCols(count).transpose();
  for (index k = 0; k < count; ++k) {
    index largest = 0;
    found.directions.row(k).cwiseAbs().maxCoeff(&largest);
    if (found.directions(k, largest) < 0) found.directions.row(k) *= -1;
  }
  return found;
}

}  // namespace sdmae::eval
