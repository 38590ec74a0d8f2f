"""``cockpit.py``: runs before anything is installed, so standard library only, Python 3.11 to 3.14.

commands     choice of the command, help, errors in one line
settings     COCKPIT_* from the environment and .env
environment  the virtual environment and its hashed requirements
processes    children that end with the launcher, and their logs
guard        the process that ends the children when the launcher is killed
services     the command run
checks       the command test
coverage     share of the product's lines that the command test runs, and its floor
"""
