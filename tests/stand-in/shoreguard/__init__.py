"""A stand-in for ShoreGuard: everything of it that ShoreGuard.Rollback can see from outside, and nothing else."""
