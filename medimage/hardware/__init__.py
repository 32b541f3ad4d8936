"""What the machine is doing: processor, memory and NVIDIA GPUs."""
