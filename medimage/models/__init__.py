"""Networks: architectures, heads, weights and inference."""
