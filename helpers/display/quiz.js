// Say whether an answer is right, and why, and count the questions whose first answer was right.
for (const quiz of document.querySelectorAll(".quiz:not([data-ready])")) {
  quiz.dataset.ready = "";
  const questions = [...quiz.querySelectorAll("fieldset")];
  quiz.addEventListener("change", ({ target }) => {
    const question = target.closest("fieldset");
    const right = target.dataset.right === "true";
    question.dataset.first ??= right;
    question.querySelector(".quiz-why").textContent = `${right ? "Right." : "No."} ${target.dataset.why}`;
    const answered = questions.filter((one) => one.dataset.first);
    const score = answered.filter((one) => one.dataset.first === "true").length;
    quiz.querySelector(".quiz-score").textContent =
      `${score} of ${answered.length} right at the first try` + (answered.length < questions.length ? " so far." : ".");
  });
}
