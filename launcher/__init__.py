"""What ``cockpit.py`` does before anything is installed: standard library only, Python 3.11 to 3.14.

commands     which command, help, errors in one line
settings     COCKPIT_* from the environment and .env
environment  the virtual environment and its hashed requirements
processes    children that end with the launcher, their logs
guard        the process that makes it true when the launcher is killed
services     the command run
checks       the command test
"""
