# Fits the cases that compare.py wrote and writes what R's packages say. Run as: Rscript mmrm.R FOLDER
suppressPackageStartupMessages({library(nlme); library(lme4); library(pbkrtest); library(emmeans)})
folder <- commandArgs(trailingOnly = TRUE)[1]
cases <- read.csv(file.path(folder, "cases.csv"), colClasses = "character")
emm_options(pbkrtest.limit = 1e5, lmerTest.limit = 1e5, msg.nesting = FALSE, msg.interaction = FALSE)
found <- list()
say <- function(case, quantity, term, value)
  found[[length(found) + 1]] <<- data.frame(case = case, quantity = quantity, term = term, value = sprintf("%.17g", value))

read_data <- function(name) {
  data <- read.csv(file.path(folder, paste0(name, ".csv")), colClasses = "character")
  for (column in names(data)) {
    if (column %in% c("y", "base", "day", "age")) data[[column]] <- as.numeric(data[[column]])
    else data[[column]] <- factor(data[[column]], levels = sort(unique(data[[column]]), method = "radix"))
  }
  data$occasion <- as.integer(data$visit)
  data[order(data$id, data$occasion), ]
}

structures <- list(
  us = list(corSymm(form = ~ occasion | id), varIdent(form = ~ 1 | visit)),
  cs = list(corCompSymm(form = ~ 1 | id), NULL),
  csh = list(corCompSymm(form = ~ 1 | id), varIdent(form = ~ 1 | visit)),
  ar1 = list(corAR1(form = ~ occasion | id), NULL),
  ar1h = list(corAR1(form = ~ occasion | id), varIdent(form = ~ 1 | visit)),
  sp_exp = list(corExp(form = ~ day | id), NULL))

coefficients_of <- function(case, table, columns) {
  for (column in names(columns)) for (term in rownames(table)) say(case, column, term, table[term, columns[[column]]])
}

means_of <- function(case, fit, by, ...) {
  cells <- emmeans(fit, if (by) ~ arm | visit else ~ arm, ...)
  table <- as.data.frame(contrast(cells, "trt.vs.ctrl"))
  label <- if (by) paste(table$contrast, table$visit) else as.character(table$contrast)
  for (i in seq_len(nrow(table))) {
    say(case, "difference", label[i], table$estimate[i])
    say(case, "difference SE", label[i], table$SE[i])
    if (is.finite(table$df[i])) say(case, "difference df", label[i], table$df[i])
  }
}

for (i in seq_len(nrow(cases))) {
  case <- cases[i, ]; data <- read_data(case$data); model <- as.formula(case$formula)
  by <- grepl("visit", case$formula)
  restricted <- case$method == "reml"
  if (case$engine == "gls") {
    s <- structures[[case$structure]]
    fit <- do.call(gls, list(model, data = data, correlation = s[[1]], weights = s[[2]], method = toupper(case$method),
      control = glsControl(maxIter = 500, msMaxIter = 2000, tolerance = 1e-12, msTol = 1e-14)))
    say(case$name, "-2 log likelihood", "", -2 * as.numeric(logLik(fit)))
    table <- summary(fit)$tTable
    coefficients_of(case$name, table, list(coefficient = "Value"))
    if (restricted) {
      coefficients_of(case$name, table, list("coefficient SE" = "Std.Error"))
      means_of(case$name, fit, by, mode = "asymptotic")
    }
  } else if (case$engine == "lmer") {
    model <- update(model, . ~ . + (1 | id))
    fit <- lmer(model, data = data, REML = restricted, control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e5)))
    say(case$name, "-2 log likelihood", "", if (restricted) REMLcrit(fit) else deviance(fit))
    coefficients_of(case$name, summary(fit)$coefficients, list(coefficient = "Estimate"))
    adjusted <- vcovAdj(fit)
    for (j in seq_along(fixef(fit))) {
      L <- as.numeric(seq_along(fixef(fit)) == j)
      say(case$name, "coefficient SE", names(fixef(fit))[j], sqrt(adjusted[j, j]))
      say(case$name, "coefficient df", names(fixef(fit))[j], get_Lb_ddf(fit, L))
    }
    means_of(case$name, fit, by, lmer.df = "kenward-roger")
  } else {
    fit <- lm(model, data = data)
    coefficients_of(case$name, summary(fit)$coefficients, list(coefficient = "Estimate", "coefficient SE" = "Std. Error"))
    means_of(case$name, fit, by)
  }
}
write.csv(do.call(rbind, found), file.path(folder, "found.csv"), row.names = FALSE)
versions <- sapply(c("nlme", "lme4", "pbkrtest", "emmeans"), function(p) as.character(packageVersion(p)))
writeLines(c(R.version.string, paste(names(versions), versions)), file.path(folder, "versions.txt"))
