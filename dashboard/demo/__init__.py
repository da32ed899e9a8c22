"""A made-up repository to look at before one's own results are in: what happened in it, its reports, sending them."""
