"""Each layout that a data set may have: finding its images and annotations, and reading them."""
