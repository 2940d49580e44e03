"""What the document of the API says beyond the signatures of the routes: descriptions and examples."""
