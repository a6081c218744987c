# Writes mann_whitney.csv: intervals and estimates of R's wilcox.test for samples with and without
# ties. Run with: Rscript mann_whitney.R > mann_whitney.csv
set.seed(3)
row <- function(x, y) {
  test <- suppressWarnings(wilcox.test(x, y, conf.int = TRUE, conf.level = 0.98,
                                       exact = FALSE, correct = TRUE))
  text <- function(v) paste(sprintf("%.17g", v), collapse = " ")
  cat(text(x), text(y), text(test$conf.int[1]), text(test$conf.int[2]), text(test$estimate),
      sep = ","); cat("\n")
}
cat("experiment,control,lower,upper,estimate\n")
row(c(rep(100, 7), rep(1, 3)), rep(1, 10))
row(c(rep(100, 8), rep(1, 2)), rep(1, 10))
for (i in 1:20) {
  n <- sample(5:60, 1)
  m <- sample(5:60, 1)
  if (i %% 2) row(rpois(n, 3 + i / 2), rpois(m, 4))
  else row(round(rnorm(n, 10 + i / 4, 3), 2), round(rnorm(m, 10, 2), 2))
}
