// A browser keeps what a form sent beside the page that came back, on its disk, to send it again on «reload». Not here.
// Loaded only by such a page, first of all and not deferred: browsers write their history down every few seconds.
history.replaceState(null, "", document.referrer || location.href);
