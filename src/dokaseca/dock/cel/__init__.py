"""CEL as Kubernetes speaks it: its libraries, its errors, and bounds on what one expression may cost.

Takes expressions and plain values, gives programs and what they answer. Knows neither custom kinds nor policies; must
never evaluate anything whose cost it has not bounded before. Read next: `program`, then `environment` and `cost`.
"""
