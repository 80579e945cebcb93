"""How a started judge finds the process that has its function."""

ADDRESS = "_EVENHAND_JUDGE_ADDRESS"
"""The variable of the environment with the address of the process."""
KEY = "_EVENHAND_JUDGE_KEY"
"""The variable with the key of its connections."""
