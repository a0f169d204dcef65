"""What the tests stand on: the server, its clients, requests made by hand."""
