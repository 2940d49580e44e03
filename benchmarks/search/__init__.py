"""How good searches are at equal cost, on tables and recorded curves, beside Optuna: paired seeds and intervals."""
