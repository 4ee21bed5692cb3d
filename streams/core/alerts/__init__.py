"""Alerts, decided: which subscriptions a document meets, when that is worth saying, and why. Pure.

    document ─► match ─► fact ─► condition ─► alert ─► rhythm ─► message

Live processing, replay and backtest call the same functions; only where facts come from differs.
"""
