"""Floor 2: documents out of rows: Excel workbooks and PDF pages."""
