"""How images reach the device that trains: resident, in windows, or as features of a frozen backbone."""
