# Writes expected.csv beside it. Needs R with the packages rpact and pwr (on Debian: r-cran-rpact r-cran-pwr).
suppressMessages({ library(rpact); library(pwr) })
rows <- list()
put <- function(name, value, tolerance, origin) rows[[length(rows) + 1]] <<- data.frame(
  quantity = name, value = format(value, digits = 12, scientific = FALSE, trim = TRUE), tolerance = tolerance, source = origin)
rp <- paste("rpact", packageVersion("rpact")); pw <- paste("pwr", packageVersion("pwr")); base <- R.version.string
put("t.n", 2 * power.t.test(delta = .5, sd = 1, power = .8, tol = 1e-12)$n, 1e-6, base)
put("t.strict", power.t.test(n = 5, delta = .5, sd = 1, strict = TRUE)$power, 1e-9, base)
put("t.right", power.t.test(n = 5, delta = .5, sd = 1)$power, 1e-9, base)
put("t.ratio_2", getSampleSizeMeans(alternative = .5, stDev = 1, sided = 2, alpha = .05, beta = .2, allocationRatioPlanned = 2)$nFixed, 1e-4, rp)
put("t.one_sided", getSampleSizeMeans(alternative = .5, stDev = 1, sided = 1, alpha = .025, beta = .1)$nFixed, 1e-4, rp)
put("t.unequal", pwr.t2n.test(n1 = 18, n2 = 37, d = .8)$power, 1e-6, pw)
put("t.effect", power.t.test(n = 15, sd = 7.58, power = .8, tol = 1e-12)$delta, 1e-6, base)
put("one_sample.n", power.t.test(delta = .5, sd = 1, power = .8, type = "one.sample", tol = 1e-12)$n, 1e-6, base)
put("one_sample.power", power.t.test(n = 12, delta = .7, sd = 1, type = "paired")$power, 1e-9, base)
put("pooled.n", 2 * power.prop.test(p1 = .6, p2 = .4, power = .9, tol = 1e-12)$n, 1e-6, base)
put("pooled.ratio_2", getSampleSizeRates(pi1 = .6, pi2 = .4, sided = 2, alpha = .05, beta = .1, allocationRatioPlanned = 2)$nFixed, 1e-4, rp)
put("pooled.power", getPowerRates(getDesignGroupSequential(kMax = 1, alpha = .025, sided = 1), pi1 = .5, pi2 = .3, maxNumberOfSubjects = 100)$overallReject, 1e-8, rp)
put("arcsine.power", pwr.2p2n.test(h = ES.h(.5, .3), n1 = 40, n2 = 60)$power, 1e-9, pw)
put("arcsine.n", 2 * pwr.2p.test(h = ES.h(.6, .4), power = .9)$n, 1e-2, pw)
exact <- function(n, m, p, q, rejects) { # rejections in either direction
  total <- 0
  for (x in 0:n) for (y in 0:m) if (isTRUE(rejects(x, y))) total <- total + dbinom(x, n, p) * dbinom(y, m, q)
  total
}
n <- 22; m <- 17
put("exact.fisher", exact(n, m, .7, .3, function(x, y) fisher.test(matrix(c(x, n - x, y, m - y), 2))$p.value <= .05), 1e-10, base)
put("exact.score", exact(n, m, .7, .3, function(x, y) suppressWarnings(prop.test(c(x, y), c(n, m), correct = FALSE)$p.value) <= .05), 1e-10, base)
write.csv(do.call(rbind, rows), "expected.csv", row.names = FALSE, quote = FALSE)
