"""How tests save what is on screen."""


def save(atlas, entry, menu="Export"):
    """The download that an entry of a panel's menu gives, or of the menu of all panels."""
    opened(atlas, menu)
    with atlas.page.expect_download(timeout=60_000) as saved:
        atlas.page.get_by_role("menuitem", name=entry, exact=True).click()
    return saved.value


def opened(atlas, menu="Export"):
    """An export menu, open."""
    atlas.page.get_by_label(menu, exact=True).first.click()
    atlas.page.get_by_role("menuitem", name="PNG", exact=True).wait_for()


def chosen(atlas, *choices, menu="Export"):
    """Chooses size or ground in a menu, and closes it."""
    opened(atlas, menu)
    for choice in choices:
        atlas.page.locator(".exports").get_by_text(choice, exact=True).click()
    atlas.page.keyboard.press("Escape")
    atlas.page.locator(".exports").wait_for(state="hidden")
