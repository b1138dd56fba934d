"""Pages in the browser: match two objects, see affordances, annotate.

- ``server``: one page over HTTP, safe by default: loopback, limits, password, health check;
- ``folder``: where uploads and results lie, and when they go again;
- ``guards``: what stands before a page: limits, and files only for whom they belong to;
- ``queue_delay``: a visitor's next event waits until the answer before has been read;
- ``uploads``: what comes from the browser;
- ``objects``: what counts as the object, by alpha, plain background, clicks or a mask;
- ``visit``: one visitor's matches, each image encoded once;
- ``panels``: the two pictures that a visitor clicks on;
- ``object_input``: an image on a page, and the tools that say what is the object on it;
- ``match_tab``, ``match_layout``: the tab that matches two objects;
- ``transfer_tab``, ``transfer_layout``: the tab that carries poses over in 3D;
- ``affordance_tab``, ``page``: the third tab, and the page of ``funcorr app``;
- ``affordance_annotator``, ``affordance_page``: the page of ``funcorr annotate affordance``;
- ``alignments``: the page of ``funcorr annotate alignments``.
"""
