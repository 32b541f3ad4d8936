"""What a stage needs to go on after its last epoch, kept atomically and checked by hash."""
