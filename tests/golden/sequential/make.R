# Writes expected.csv beside it. Needs R with the package rpact (on Debian: r-base-core r-cran-rpact).
suppressMessages(library(rpact))
origin <- paste("rpact", packageVersion("rpact"))
rows <- list()
put <- function(name, values, tolerance) {
  for (i in seq_along(values)) rows[[length(rows) + 1]] <<- data.frame(
    quantity = paste0(name, ".", i), value = format(values[i], digits = 12, scientific = FALSE, trim = TRUE),
    tolerance = tolerance, source = origin)
}
even <- list(k2 = 1:2 / 2, k3 = 1:3 / 3, k4 = 1:4 / 4, k5 = 1:5 / 5)
types <- c(OF = "OF", P = "P", asOF = "asOF", asP = "asP")
# rpact solves two-sided designs of Pocock's spending type to 1e-5 only.
coarse <- function(type, sides) if (type == "asP" && sides == 2) 3e-5 else 1e-6
for (k in names(even)) for (type in types) for (sides in 1:2) {
  d <- getDesignGroupSequential(informationRates = even[[k]], alpha = .025 * sides, sided = sides, typeOfDesign = type)
  put(paste("upper", type, k, sides, sep = "."), d$criticalValues, coarse(type, sides))
}
uneven <- c(.25, .6, .9, 1)
for (type in c("asOF", "asP")) {
  d <- getDesignGroupSequential(informationRates = uneven, alpha = .025, sided = 1, typeOfDesign = type)
  put(paste("upper", type, "uneven", 1, sep = "."), d$criticalValues, 1e-6)
}
for (gamma in c(-4, -2, 1)) {
  d <- getDesignGroupSequential(informationRates = c(.3, .7, 1), alpha = .025, sided = 1, typeOfDesign = "asHSD", gammaA = gamma)
  put(paste0("upper.asHSD", gamma), d$criticalValues, 1e-6)
}
put("upper.WT0.25", getDesignGroupSequential(kMax = 4, alpha = .025, sided = 1, typeOfDesign = "WT", deltaWT = .25)$criticalValues, 1e-6)
beta <- function(name, rates, power, type, binding) {
  d <- getDesignGroupSequential(informationRates = rates, alpha = .025, beta = 1 - power, sided = 1,
    typeOfDesign = "asOF", typeBetaSpending = type, bindingFutility = binding)
  put(paste0("beta.", name, ".upper"), d$criticalValues, 1e-6)
  put(paste0("beta.", name, ".lower"), d$futilityBounds, 1e-6)
}
beta("free", 1:3 / 3, .9, "bsOF", FALSE)
beta("binding", 1:3 / 3, .9, "bsOF", TRUE)
beta("pocock", c(.4, .75, 1), .8, "bsP", FALSE)
put("fixed_futility.upper", getDesignGroupSequential(kMax = 3, alpha = .025, sided = 1, typeOfDesign = "asOF",
  futilityBounds = c(0, .5), bindingFutility = TRUE)$criticalValues, 1e-6)
for (type in types) {
  d <- getDesignGroupSequential(kMax = 3, alpha = .025, beta = .2, sided = 1, typeOfDesign = type)
  x <- getDesignCharacteristics(d)
  put(paste("inflation", type, sep = "."), x$inflationFactor, 1e-6)
  put(paste("mean", type, sep = "."), c(x$averageSampleNumber0, x$averageSampleNumber01, x$averageSampleNumber1), 1e-6)
  put(paste("power", type, sep = "."), x$power, 1e-6)
}
d <- getDesignGroupSequential(kMax = 3, alpha = .05, beta = .1, sided = 2, typeOfDesign = "asOF")
put("inflation.two_sided", getDesignCharacteristics(d)$inflationFactor, 1e-6)
quiet <- function(expression) suppressMessages({ x <- NULL; capture.output(x <- expression); x })
design <- getDesignGroupSequential(kMax = 3, alpha = .025, sided = 1, typeOfDesign = "asOF")
ended <- function(name, means) {
  k <- length(means)
  data <- getDataset(n1 = rep(20, k), n2 = rep(20, k), means1 = means, means2 = rep(0, k), stDevs1 = rep(1, k), stDevs2 = rep(1, k))
  a <- quiet(getAnalysisResults(design, data, normalApproximation = TRUE, thetaH0 = 0))
  z <- a$.stageResults$overallTestStatistics[k]
  put(paste0(name, ".z"), z, 1e-9)
  put(paste0(name, ".p_value"), a$finalPValues[k], 1e-7)
  put(paste0(name, ".low"), a$finalConfidenceIntervalLowerBounds[k], 2e-6)
  put(paste0(name, ".high"), a$finalConfidenceIntervalUpperBounds[k], 2e-6)
  put(paste0(name, ".estimate"), a$medianUnbiasedEstimates[k], 2e-6)
  put(paste0(name, ".repeated_p"), a$repeatedPValues[k], 2e-6)
  put(paste0(name, ".repeated_low"), a$repeatedConfidenceIntervalLowerBounds[k], 2e-6)
  put(paste0(name, ".repeated_high"), a$repeatedConfidenceIntervalUpperBounds[k], 2e-6)
}
ended("end", c(.3, .5, .9))
ended("early", c(.3, 1.2))
write.csv(do.call(rbind, rows), "expected.csv", row.names = FALSE, quote = FALSE)
