"""What becomes of a model after it is served: whether its images and answers are still like those it was judged on."""
