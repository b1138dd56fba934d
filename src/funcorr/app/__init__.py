"""Pages in the browser: match two objects, see affordances, annotate.

- ``server``: one page over HTTP, safe by default: loopback, limits, password, health check;
- ``uploads``: what comes from the browser, and when it goes again;
- ``objects``: what counts as the object, by alpha, plain background, clicks or a mask;
- ``bench``: matches for a page, each image encoded once per visitor;
- ``views``: the two pictures that a visitor clicks on;
- ``match_tab``, ``affordance_tab``, ``page``: the page of ``funcorr app``;
- ``affordance_annotator``: the page of ``funcorr annotate affordance``.
"""
