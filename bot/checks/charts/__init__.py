"""How do a chart's templates and values make its resources? Read without rendering, to lead findings back."""
