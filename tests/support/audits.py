"""Values of audited images that tests of other things need not think about."""

UNMEASURED = {
    "width": 48,
    "height": 48,
    "mode": "L",
    "mean_intensity": 100.0,
    "std_intensity": 40.0,
    "low_intensity": 10.0,
    "high_intensity": 230.0,
}
"""Size and intensities of a sound image, column → value; see `IMAGE_COLUMNS`."""
