"""python -m app: the same as the command `baqylau`."""

from app.cli import main

if __name__ == "__main__":
    main()
