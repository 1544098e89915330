"""{{ faultline }} in a page is the address of Faultline's site, from `extra` in mkdocs.yml."""


def on_page_markdown(markdown, config, **_):
    return markdown.replace("{{ faultline }}", config["extra"]["faultline"])
