"""Check and mend one text until stable; configuration; files in and out."""
