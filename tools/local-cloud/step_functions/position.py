"""How far each branch of a Parallel state and each iteration of an inline Map came; a redrive runs what is not done."""

import contextvars

current_position = contextvars.ContextVar('position')


def branch_position(states, ctx):
    """Branches are told apart by their definition, which an execution keeps, and iterations by their index."""
    item = ctx.get('Map', {}).get('Item', {}).get('Index')
    return current_position.get()['branches'].setdefault((id(states), item), {})
