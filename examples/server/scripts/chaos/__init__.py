"""What `kill.py` and `race.py` share: processes, databases, callers, a subscriber, and the laws that must hold at rest."""
