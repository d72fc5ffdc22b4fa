"""The story of the house, told a second time. (Piccolo's wheel installs a top-level `tests` too; this file wins.)"""
