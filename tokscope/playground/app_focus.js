// What is typed goes to the terminal at once: when the screen has come, which takes keys from then on.
new MutationObserver((_, observer) => {
  if (document.body.classList.contains("-first-byte")) {
    observer.disconnect();
    document.querySelector("#terminal textarea").focus();
  }
}).observe(document.body, { attributes: true });
