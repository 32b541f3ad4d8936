"""A tree of DICOM files as a source of images."""
