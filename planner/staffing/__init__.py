"""Staffing: how many social workers are needed, present and missing, and what to do about it.

needs, roll_up, published
    Need, supply, shortage and surplus in full-time equivalents (FTE) by community and field; sums
    of them; and what of them may be shown.
outreach, outreach_of_city
    Who of the urban bases visits which rural community, and for how many hours.
circuits, circuits_of_city
    Visits joined to rounds of at most a working day, which save travel.
recruitment, posts_for_target, recruit
    Where new posts meet most need; how many a target takes; both for a city.
place_posts
    A number of new posts shared out among fields and bases, and who is served by which.
training
    Share of posts that are certified, and how many certifications lift it to the target.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
