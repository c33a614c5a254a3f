"""Speed, side by side with peers. Each module prints its tables; --write puts them into docs/."""
