"""Stock: what lies in the warehouses, who has spoken for it, what is on its way, and what may be promised by when."""
