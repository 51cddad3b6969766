"""Pages of rating tasks: the rater's, and the coordinator's who gives them."""
