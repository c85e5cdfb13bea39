"""The cells of built-in kinds (pkg/printers/internalversion/printers.go), one module per area; `kinds` lists them."""
