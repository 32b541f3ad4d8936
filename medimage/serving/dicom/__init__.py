"""DICOM files: from their bytes to 8-bit pixels."""
