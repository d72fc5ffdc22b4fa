"""Floor 2: documents out of rows, Excel workbooks and PDF pages; and rows out of documents, Excel and Word."""
