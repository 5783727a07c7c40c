"""The lessons as web pages: our server, its gallery, and how a page looks."""
