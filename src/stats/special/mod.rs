//! Special functions: gamma, beta, normal and chi-square, each to the precision that the exact
//! statistics promise.
//!
//! Here are the functions that statistics are made of, with no statistics of their own. What a
//! library already gives to full precision is taken from it (`libm`: the logarithm of gamma and
//! the error function; `statrs`: chi-square). The incomplete beta function is our own, because the
//! published ones lose digits, or do not return, at the sizes of traffic counts.

mod beta;
mod chi_square;
mod gamma;
mod normal;
mod saddle_point;
mod student;

pub use beta::{
    inverse_regularised_beta, inverse_regularised_beta_upper, regularised_beta,
    regularised_beta_upper,
};
pub use chi_square::{chi_square_sf, chi_square_upper_quantile};
pub use gamma::{ln_beta, ln_binomial_coefficient, ln_factorial, ln_gamma};
pub use normal::{normal_cdf, normal_quantile, normal_sf, normal_upper_quantile};
pub(in crate::stats) use saddle_point::{Fraction, ln_binomial_density, ln_poisson_density};
pub use student::student_t_quantile;
